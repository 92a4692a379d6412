"""What the faces share: how a request is read, judged, answered and refused. Knows the domain, no face."""
