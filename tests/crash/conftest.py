"""The server and client of the API tests; here they are killed."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'api'))
