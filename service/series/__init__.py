"""The series of `/metrics`, a module for each part of the service that they are about."""
