"""What tests of the archive share: passes that can be killed, records of the three kinds, twins, what a store holds."""
