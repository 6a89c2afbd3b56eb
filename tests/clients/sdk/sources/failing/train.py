raise ValueError("there is nothing to learn here")
