def bad():
    raise KeyError('rope')
