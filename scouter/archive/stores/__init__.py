"""Where archived files lie: a local directory, S3, GCS or Azure."""
