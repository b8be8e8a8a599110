"""The archive: days of records as Parquet in a store, and charts that read hot and archived records as one."""
