def see():
    return {"list": [1, 2, 3], "items": [{"name": "a", "n": 1}, {"name": "b", "n": 2}], "odd key": "x", "nothing": None, "flag": True, "deep": {"er": {"est": {}}}}
