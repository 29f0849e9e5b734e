"""Prompts as a terminal shows them, and what a typed line answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from station.config.settings import read_settings
from station.model.errors import OperatorError, StorageError
from station.playing.answers import number_of
from station.playing.events import Answer, AnyAnswer, Choose, Confirm, Enter, PhotoTaken
from station.playing.photos import keep_photo
from station.runner.entries import ChooseAsked, ConfirmAsked, EnterAsked, PhotoAsked, Prompt, Prompted

Speak = Callable[[str, str], str]
"""The Chinese or the English text, as the terminal's language is."""

YES, NO = ("1", "y", "yes", "是"), ("2", "n", "no", "否")


def options_of(prompt: Prompt, speak: Speak) -> Sequence[str]:
    """What can be numbered: the items of a list, the options of a choice, yes and no."""
    match prompt:
        case Prompted():
            return [speak(item.zh, item.en) for item in prompt.items]
        case ChooseAsked():
            return [speak(option.zh, option.en) for option in prompt.options]
        case ConfirmAsked():
            return [speak("是", "yes, it is so"), speak("否", "no")]
        case EnterAsked() | PhotoAsked():
            return []


def how_to_answer(prompt: Prompt, speak: Speak) -> str:
    """What is to be typed; always asked in one line that ends with how to stop."""
    match prompt:
        case Prompted(items=()):
            return speak("按回车继续；q 中止", "ENTER goes on; q stops")
        case Prompted():
            return speak(
                "全部齐全按回车；缺少的请输入编号；q 中止", "ENTER if all is there, else the numbers missing; q stops"
            )
        case ConfirmAsked():
            return speak("请输入 1（是）或 2（否）；q 中止", "type 1 for yes or 2 for no; q stops")
        case ChooseAsked():
            return speak("请输入编号；q 中止", "type the number of what you see; q stops")
        case PhotoAsked():
            return speak(
                "请输入照片文件的路径（JPEG 或 PNG）；q 中止", "type the path of the photo (JPEG or PNG); q stops"
            )
        case EnterAsked():
            unit = "" if prompt.unit == "1" else prompt.unit
            in_unit_zh, in_unit_en = (f"（单位 {unit}）", f" in {unit}") if unit else ("", "")
            return speak(f"请输入数值{in_unit_zh}；q 中止", f"type the number{in_unit_en}; q stops")


def answer_of(prompt: Prompt, typed: str) -> AnyAnswer | None:
    """The answer that ``typed`` gives to ``prompt``; None where it gives none."""
    match prompt:
        case Prompted():
            return _ticked(prompt, typed)
        case ConfirmAsked():
            said = typed.lower()
            return Confirm(prompt.prompt_id, said in YES) if said in YES + NO else None
        case ChooseAsked():
            is_number = typed.isascii() and typed.isdigit() and len(typed) == 1
            place = int(typed) if is_number else 0
            return (
                Choose(prompt.prompt_id, prompt.options[place - 1].name) if 1 <= place <= len(prompt.options) else None
            )
        case EnterAsked():
            return _entered(prompt, typed)
        case PhotoAsked():
            return _photographed(prompt, typed)


def _ticked(prompt: Prompted, typed: str) -> Answer | None:
    parts = typed.replace(",", " ").split()
    if not all(part.isdecimal() and 1 <= int(part) <= len(prompt.items) for part in parts):
        return None
    missing = {int(part) for part in parts}
    return Answer(prompt.prompt_id, tuple(item.name for n, item in enumerate(prompt.items, 1) if n not in missing))


def _photographed(prompt: PhotoAsked, typed: str) -> PhotoTaken | None:
    """Keep the file ``typed`` among the station's attachments."""
    try:
        content = Path(typed).expanduser().read_bytes() if typed else b""
        return PhotoTaken(prompt.prompt_id, keep_photo(read_settings().attachments, content).sha256)
    except (OSError, ValueError, OperatorError, StorageError):
        return None


def _entered(prompt: EnterAsked, typed: str) -> Enter | None:
    try:
        number_of(typed)
    except OperatorError:
        return None
    return Enter(prompt.prompt_id, typed)
