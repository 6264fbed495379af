"""How a drawn body is marked on its way from the process that draws it: as a JSON value, or as bytes in base64."""

JSON = "json"
RAW = "raw"
