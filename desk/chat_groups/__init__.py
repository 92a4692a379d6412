"""Chat groups of patients, at the desk: made, filled, looked after."""
