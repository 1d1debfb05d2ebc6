print("vesigate")
