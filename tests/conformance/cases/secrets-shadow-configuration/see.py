def word(word):
    return word
