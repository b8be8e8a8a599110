"""Where archived files lie: a local directory, S3, GCS or Azure.

Begin with `store.py`, the contract; `opening.py` chooses by SCOUTER_STORAGE_URI (`location.py`). `local.py` is the
directory; `remote.py` is what the three clouds share, `s3.py`, `gcs.py` and `azure.py` what each has of its own.
`read_back.py` tests what was written, `native.py` opens a store to DataFusion, `trouble.py` names what is wrong.
"""
