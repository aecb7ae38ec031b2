"""Plan a town: `python run.py` plans the bundled Xicheng; every `siting` command works here too."""

from siting.cli import main

if __name__ == "__main__":
    main()
