"""Open the forms that are known: the shipped ones, and those of the settings' folder."""

from __future__ import annotations

from exempt.data.form_texts import form_texts_in
from exempt.errors import SettingsError
from exempt.model.formdata import FormBook
from exempt.model.rulesdata import RulesPack
from exempt.rules.form_definitions import form_book
from exempt.settings import Loaded


def open_forms(settings: Loaded, pack: RulesPack) -> FormBook:
    """The forms that are known.

    Raises:
        SettingsError: The folder of the settings is not there, or something is
            wrong with a definition in it.
    """
    folder = settings.file.exempt.forms_folder
    if folder is None:
        return form_book(pack)
    where = settings.folder / folder
    try:
        return form_book(pack, form_texts_in(where), str(where))
    except SettingsError as error:
        place = settings.place("exempt.forms_folder")
        msg = f"{place}: exempt.forms_folder: {error}"
        raise SettingsError(msg) from None
