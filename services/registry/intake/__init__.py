"""Taking in a file of people or cooperatives: bytes to records, records to rows of the registry.

records.py       the records of a CSV file, cut from a stream of bytes
verdicts.py      what becomes of each record, and why
people.py        how a record becomes a person
cooperatives.py  how a record becomes a cooperative
upload.py        one upload: chunk after chunk, each its own unit of work
"""
