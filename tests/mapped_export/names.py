"""Word lists and the made-up names of companies and people composed from them; nothing else."""

import math

import numpy as np

BRANDS = (
    "Al|Bel|Bra|Cor|Dor|El|Fen|Gal|Har|Hol|Il|Jor|Kel|Lor|Mar|Nor|Or|Pel|Quin|Ros|Sel|Tor|Ul|Vel",
    "a|be|da|di|e|fi|ga|i|ka|li|lo|mi|na|o|ri|sa|ta|te|u|vi",
    "bex|cor|dale|dex|fax|gen|lane|lith|lon|mark|mere|mont|nix|nova|phor|rix|sen|ston|tek|wick",
    " Foods| Freight| Group| Health| Labs| Logistics| Ltd| Partners| Works|, Inc.",
)
PEOPLE = (
    "Ada|Amir|Bea|Caleb|Dana|Devi|Elias|Esme|Farah|Gino|Hana|Igor|Ines|Jonas|Kira|Liam|Mona|Nils"
    "|Oona|Priya|Rafa|Sana|Tariq|Uma|Vera|Wanda|Yara|Zeno",
    " Abbot| Birch| Calder| Drake| Ekholm| Farrow| Grange| Hale| Iversen| Jansky| Kestrel| Larkin"
    "| Moreau| Novak| Oakes| Pryce| Quill| Rowan| Sorrel| Thorne| Ueda| Vance| Winslow| Yardley",
)


def capacity(parts: tuple[str, ...]) -> int:
    """How many different names the word lists can make."""
    return math.prod(len(words.split("|")) for words in parts)


def distinct_names(rng: np.random.Generator, count: int, *, parts: tuple[str, ...]) -> np.ndarray:
    """`count` different names, each one word of every list."""
    rest = rng.permutation(capacity(parts))[:count]
    names = np.full(len(rest), "", dtype=object)
    for words in parts:
        choices = np.array(words.split("|"), dtype=object)
        rest, choice = np.divmod(rest, len(choices))
        names = names + choices[choice]
    return names
