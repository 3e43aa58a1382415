"""Pure casework rules: the incident state machine and its clocks."""
