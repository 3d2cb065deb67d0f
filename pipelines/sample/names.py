"""Made-up names of people and companies, from faker's word lists; drawn all at once."""

import numpy as np
import pandas as pd
from faker.providers.company import Provider as Companies
from faker.providers.person.en_US import Provider as People

FIRST_NAMES = np.array(sorted(set(People.first_names)), dtype=object)
LAST_NAMES = np.array(sorted(set(People.last_names)), dtype=object)
SUFFIXES = np.array(sorted(set(Companies.company_suffixes)), dtype=object)


def distinct_people(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last names of people who are all called differently."""
    code = rng.choice(len(FIRST_NAMES) * len(LAST_NAMES), count, replace=False)
    return FIRST_NAMES[code % len(FIRST_NAMES)], LAST_NAMES[code // len(FIRST_NAMES)]


def people(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last names; some people have the same."""
    first = FIRST_NAMES[rng.integers(0, len(FIRST_NAMES), count)]
    return first, LAST_NAMES[rng.integers(0, len(LAST_NAMES), count)]


def distinct_companies(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Names of companies, and the mail domains that go with them; all different."""
    code = rng.choice(len(LAST_NAMES) ** 2, count, replace=False)
    founder, partner = LAST_NAMES[code % len(LAST_NAMES)], LAST_NAMES[code // len(LAST_NAMES)]
    suffix = SUFFIXES[rng.integers(0, len(SUFFIXES), count)]
    joined = founder + "-" + partner
    domains = np.char.lower(joined.astype(str)) + ".example"
    return joined + " " + suffix, np.char.replace(domains, "'", "").astype(object)


def address(
    first: pd.Series, last: pd.Series, *, number: np.ndarray, domain: pd.Series | str
) -> np.ndarray:
    """Addresses that nobody else has, since they end in a number of one's own."""
    local = (first + last).str.lower().str.replace("'", "")
    return (local + "." + pd.Series(number, local.index).astype(str) + "@" + domain).to_numpy()
