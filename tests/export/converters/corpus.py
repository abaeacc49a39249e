"""Texts of many scripts, nasty ones among them, for the tests of several converters."""

import numpy as np

TEXTS = np.array(
    [
        "The quick brown fox jumps over the lazy dog",
        "the QUICK dog, the lazy fox; it's 1,000.50 e-mails & x_1",
        "Grüße aus der Straße, GRÜSSE AUS DER STRASSE, STRAẞE",
        "İstanbul'da ılık bir gün, ISTANBUL istanbul",
        "ΟΔΟΣ ὈΔΥΣΣΕΎΣ οδός Σίσυφος ΑΣ'Α",
        "Москва столица России, МОСКВА и Киев",
        "中文分词很难 日本語も難しい 한국어도",
        "हिन्दी में क्षत्रिय, العربية لُغَة, ภาษาไทย",
        "naïve café cafe\u0301, fi\ufb01ne Ǆ ½ ① Å",
        "😀 👩\u200d👩\u200d👧 🇩🇪 𝒜𝒷 𐐀𐐨",
        "non\u00a0breaking zero\u200bwidth\u200djoiner soft\u00adhyphen\ufeff",
        "line\nbreaks\r\n\ttabs\x1c\x85\u2028 end ",
        "",
        "   ",
    ]
    * 3,
    dtype=object,
)
SPAM = np.arange(len(TEXTS)) % 3 == 0
