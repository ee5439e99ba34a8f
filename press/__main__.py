"""``python -m press build | check | pull | timings | fresh-ids``."""

import argparse
import sys

from press.source import PressError


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m press", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("build", help="build the notebooks that are out of date")
    one.add_argument("lessons", nargs="*", help="names or sources; default: all")
    one.add_argument("--jobs", type=int, default=2)
    one.add_argument("--force", action="store_true", help="execute them even if up to date")
    commands.add_parser("check", help="list what is out of date; exit 1 if anything is")
    one = commands.add_parser("pull", help="carry edits of a notebook back into its source")
    one.add_argument("notebook")
    one = commands.add_parser("timings", help="measure every notebook and write the table")
    one.add_argument("--only", nargs="*", default=())
    args = parser.parse_args(argv)
    try:
        if args.command == "build":
            from press.build import build

            names = [n.replace("\\", "/").removeprefix("source/").removesuffix(".py")
                     .removesuffix(".ipynb") for n in args.lessons]
            build(names=names, jobs=args.jobs, force=args.force)
        elif args.command == "check":
            from press.build import main_check

            main_check()
        elif args.command == "pull":
            from press.pull import pull

            carried, rest = pull(args.notebook)
            print(f"{carried} cell(s) carried into the source."
                  + (f"\nNot carried, look at these yourself:\n{rest}" if rest else ""))
        else:
            from press.timings import timings

            timings(only=args.only)
    except PressError as error:
        sys.exit(f"press: {error}")


if __name__ == "__main__":
    main()
