"""The command line of calciseg: argv, one library call, an exit code."""
