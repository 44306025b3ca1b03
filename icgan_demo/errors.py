"""The errors a visitor can meet; each message says what is wrong, then what to do about it."""


class DemoError(Exception):
    """Base of every error whose text may be shown to a visitor: one plain sentence, no path, no library wording."""


class ImageError(DemoError):
    """The picture cannot be used: unreadable, too large, too small, an unsupported format."""


class ArchiveError(DemoError):
    """The archive cannot be used: not a zip, damaged, too large, or built to do harm."""


class WeightsError(DemoError):
    """A weights file or card is missing, damaged, of another model, or unsafe to load."""


class RequestError(DemoError):
    """A setting is out of range or names something that does not exist."""


class EncoderError(DemoError):
    """The encoder a model needs cannot be loaded here."""


class IndexFileError(DemoError):
    """A neighbourhood index is missing, damaged, or was made by another encoder."""


class TrainingError(DemoError):
    """A training run cannot start or continue."""


class BusyError(DemoError):
    """The machine is busy; the same request may work a little later."""


class ClusterError(DemoError):
    """What was asked of other machines was lost again and again."""
