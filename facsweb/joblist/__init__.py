"""The list of all long jobs, whatever their kind: it is wiring, as it knows every room."""
