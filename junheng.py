"""`python -m junheng`: the command without its installed script."""

from assets.command import main

if __name__ == "__main__":
    main()
