"""Which encoding the names in an old zip are written in, guessed from all of them together.

A zip without the UTF-8 flag does not say. Most byte strings decode in several ways, so every way is rated by how
usual its characters are in the language it is for; rates are rough logarithms of probabilities.
"""

import math
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

ENCODINGS = {
    "utf-8": "UTF-8",
    "cp949": "Korean (CP949)",
    "gb18030": "Chinese (GBK)",
    "big5": "Chinese (Big5)",
    "cp932": "Japanese (Shift-JIS)",
    "cp866": "Russian (CP866)",
    "cp437": "Western (CP437)",
}
"""Encodings that names may be read in, with their names for people."""
FALLBACK = "cp437"
"""What the format itself says; decodes every byte."""
MAX_RATED_BYTES = 20_000
"""So many bytes of names tell the language."""


@dataclass(frozen=True)
class NameEncoding:
    """How the names of a zip are read."""

    name: str
    """A key of ``ENCODINGS``."""
    is_guess: bool = False
    """Whether nothing but the look of the names speaks for it."""


UTF_8 = NameEncoding("utf-8")


def decode_name(name: bytes, encoding: NameEncoding) -> str:
    """Return a name; one that does not fit the encoding reads oddly, but never like another one."""
    return name.decode(encoding.name if _decodes(name, encoding.name) else FALLBACK)


def guess_encoding(names: Sequence[bytes]) -> NameEncoding:
    """Return the encoding in which names from one archive make most sense; plain ASCII is no guess."""
    telling = list(dict.fromkeys(name for name in names if not name.isascii()))
    if all(_decodes(name, "utf-8") for name in telling):
        return UTF_8
    sample, length = [], 0
    for name in telling:
        sample.append(name)
        length += len(name)
        if length > MAX_RATED_BYTES:
            break
    possible = [key for key in _RATES if all(_decodes(name, key) for name in telling)]
    rated = {key: sum(map(_RATES[key], chain.from_iterable(name.decode(key) for name in sample))) for key in possible}
    return NameEncoding(max(rated, key=lambda key: rated[key], default=FALLBACK), is_guess=True)


def _decodes(name: bytes, encoding: str) -> bool:
    try:
        name.decode(encoding)
    except UnicodeError:
        return False
    return True


_ASCII = frozenset(string.printable)
_PLAIN, _SYMBOL, _RARE = -3.0, -9.0, -12.0
# How often a Korean syllable begins with, has and ends with each letter, in the order of Unicode, in per mille.
_INITIALS = (110, 6, 75, 85, 12, 70, 60, 55, 3, 95, 8, 230, 75, 3, 35, 25, 25, 25, 70)
_MEDIALS = (200, 50, 10, 1, 110, 45, 50, 8, 100, 20, 3, 12, 25, 90, 12, 1, 15, 12, 100, 15, 185)
_FINALS = (550, 45, 1, 1, 130, 1, 1, 3, 80, 1, 1, 1, 1, 1, 1, 1, 45, 15, 1, 15, 20, 90, 2, 2, 1, 3, 3, 2)
_USUAL_CHINESE = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方"
    "多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日车花鸟鱼狗猫马牛羊猪鸡鸭虎狮熊象猴鹿"
    "苹果橙香蕉葡萄梨桃瓜莓柠檬樱芒菠萝草莓西番茄豆土黄胡萝卜白菜红绿蓝黑紫灰色图片照像机文件夹新建副本未命名类别训练测试数据集"
    "验证样正常异缺陷男女老孩头脸手脚眼鼻耳口山水河海湖树木林叶石田火风雨云雪月星太阳房屋城市街路桥门窗桌椅床灯书笔纸杯碗瓶"
    "飞船自轮电视脑话机器衣服裤鞋帽包食物饭面条米肉蛋奶茶酒糖果动物植风景建筑其它他东南北左右内外高低长短春夏秋冬一二三四五六七八九十"
)
_USUAL_CHINESE_TRADITIONAL = frozenset(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方"
    "多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日車花鳥魚狗貓馬牛羊豬雞鴨虎獅熊象猴鹿"
    "蘋果橙香蕉葡萄梨桃瓜莓檸檬櫻芒鳳西番茄豆黃胡蘿蔔白菜紅綠藍黑紫灰色圖片照像機文件夾新增資料類別訓練測試集驗證正常男女山水樹木"
)


def _rate_korean(letter: str) -> float:
    if letter in _ASCII:
        return _PLAIN
    code = ord(letter) - 0xAC00
    if not 0 <= code < 11172:
        return _RARE
    share = _INITIALS[code // 588] * _MEDIALS[code // 28 % 21] * _FINALS[code % 28]
    return math.log(share / 1e9)


def _rate_chinese(letter: str) -> float:
    if letter in _ASCII:
        return _PLAIN
    if letter in _USUAL_CHINESE:
        return math.log(0.55 / len(_USUAL_CHINESE))
    code = letter.encode("gb18030")
    if len(code) == 2 and code[1] >= 0xA1:
        if 0xB0 <= code[0] <= 0xD7:  # the level of usual characters, by sound
            return math.log(0.4 / 3755)
        return -10.5 if 0xD8 <= code[0] <= 0xF7 else _SYMBOL
    return _RARE


def _rate_traditional(letter: str) -> float:
    if letter in _ASCII:
        return _PLAIN
    if letter in _USUAL_CHINESE_TRADITIONAL:
        return math.log(0.5 / len(_USUAL_CHINESE_TRADITIONAL))
    lead = letter.encode("big5")[0]
    return math.log(0.4 / 5401) if 0xA4 <= lead <= 0xC6 else _RARE if lead >= 0xC9 else _SYMBOL


def _rate_japanese(letter: str) -> float:
    if letter in _ASCII:
        return _PLAIN
    if "\u3041" <= letter <= "\u30fc":  # kana
        return math.log(0.7 / 170)
    code = letter.encode("cp932")
    if len(code) == 1:  # half-width kana: any byte above 160
        return _SYMBOL
    return math.log(0.25 / 2965) if 0x88 <= code[0] <= 0x97 else _RARE if code[0] >= 0x98 else _SYMBOL


def _rate_russian(letter: str) -> float:
    if letter in _ASCII:
        return _PLAIN
    return math.log(1 / 50) if "а" <= letter <= "я" or letter in "ёЁ" else -6.0 if "А" <= letter <= "Я" else _RARE


def _rate_western(letter: str) -> float:
    if letter in _ASCII:
        return _PLAIN
    return -4.5 if letter in "éèêëàâäáåçîïíìôöóòûüúùñÄÖÜßÉÅÇÑæÆ" else _RARE


_RATES: dict[str, Callable[[str], float]] = {
    "cp949": _rate_korean,
    "gb18030": _rate_chinese,
    "cp932": _rate_japanese,
    "big5": _rate_traditional,
    "cp866": _rate_russian,
    "cp437": _rate_western,
}
