NAMES = ["ada", "bea"]
