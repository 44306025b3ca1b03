"""A finished model onto the Hugging Face Hub, with the visitor's own token, which is used once and kept nowhere."""

import logging
import re
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi, ModelCardData
from huggingface_hub.errors import HfHubHTTPError

from icgan_demo.errors import RequestError
from icgan_demo.weights.cards import CARD, Card, read_card

logger = logging.getLogger(__name__)

TIMED_OUT = "The Hub cannot be reached from here. Please try again later."
LEFT_EMPTY = " The new repository is there, but empty: delete it there, or choose another name."


def push_model(folder: Path, repository: str, token: str, *, private: bool = True, endpoint: str | None = None) -> str:
    """Make a new repository and put a model folder into it in one commit; returns its address.

    Args:
        folder: a model folder with its card.
        repository: ``name`` or ``owner/name``; it must not exist yet, so that nothing private lands in public.
        token: of a visitor who may write there.
        private: whether only the owner sees it.
        endpoint: another Hub, for tests.
    Raises:
        RequestError: if the name is no good, the Hub refuses, or it cannot be reached.
    """
    repository, token = repository.strip(), token.strip()
    if not re.fullmatch(r"([A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}", repository):
        raise RequestError("Give the repository a name such as `owner/my-model`.")
    if not token:
        raise RequestError("Give a token of the Hub that may write, from the settings of your account there.")
    card = read_card(folder)
    files = [CommitOperationAdd(name, str(folder / name)) for name in (CARD, *card.files)]
    files.append(CommitOperationAdd("README.md", _readme(card, repository).encode()))
    api = HfApi(endpoint=endpoint, token=token)
    left = ""
    try:
        made = api.create_repo(repository, private=private, repo_type="model", exist_ok=False)
        left = LEFT_EMPTY
        api.create_commit(made.repo_id, files, commit_message=f"Add {card.title}", repo_type="model")
    except HfHubHTTPError as error:
        raise RequestError(_refusal(error) + left) from None  # its text may quote the request
    except Exception as error:  # of the transport: no name, no route, a broken answer
        logger.warning("push to the Hub: %s", type(error).__name__)
        raise RequestError(TIMED_OUT + left) from None
    return str(made)


def _refusal(error: HfHubHTTPError) -> str:
    status = error.response.status_code if error.response is not None else 0
    logger.warning("push to the Hub: status %d", status)
    match status:
        case 401:
            return "The Hub does not know this token. Copy it again from the settings of your account there."
        case 403:
            return "This token may not write there. Make one that may, or choose a repository of your own."
        case 409:
            return "There is a repository of that name already. Choose another name."
        case _:
            return f"The Hub refused (status {status}). Please try again later."


def _readme(card: Card, repository: str) -> str:
    """Return the model's page on the Hub."""
    data = ModelCardData(
        license="other",
        license_name=card.licence.name,
        library_name="icgan_demo",
        pipeline_tag="unconditional-image-generation",
        tags=["ic-gan", "gan", "image-generation"],
    )
    base = card.settings.get("base")
    origin = f"\nFine-tuned from `{base['name']}`.\n" if isinstance(base, dict) else ""
    return (
        f"---\n{data.to_yaml()}\n---\n\n# {card.title}\n\n{card.description}\n{origin}\n"
        f"**Data.** {card.data}\n\n**Terms.** {card.licence.name}: {card.licence.note}\n\n"
        "Images generated with it are synthetic. Put the folder among the models of `icgan_demo`, then\n"
        f"`icgan-demo sample PHOTO --model {card.name} --out DIR`.\n"
    )
