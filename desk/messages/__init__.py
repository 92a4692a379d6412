"""Messages with known patients, at the desk."""
