"""`python -m evaluator.client`: the same as the command `bounty`."""

from evaluator.client.command import main

if __name__ == "__main__":
    main(prog_name="bounty")
