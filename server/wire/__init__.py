"""What the server takes from stations: the structs of the wire contract, decoded strictly, and the ids it fixes."""
