"""What is stored, said to people: one file for each thing that is talked about."""
