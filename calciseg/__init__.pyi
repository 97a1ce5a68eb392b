from calciseg._version import __version__ as __version__
from calciseg.errors import CalcisegError as CalcisegError
from calciseg.model import StudyResult as StudyResult
from calciseg.outputs import write as write
from calciseg.pipeline import analyze as analyze
from calciseg.reading import inspect as inspect
from calciseg.reading import read_study as read_study
from calciseg.settings import Settings as Settings
