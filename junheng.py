"""`python -m junheng`: the command without its installed script."""

from assets.door import main

if __name__ == "__main__":
    main()
