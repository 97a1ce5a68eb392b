"""``calciseg warmup``."""

__all__ = ["warmup"]


def warmup() -> str:
    """Compile all kernels into the cache."""
    import time

    from calciseg.kernels import warmup as compile_all

    start_s = time.perf_counter()
    compile_all()
    return f"kernels are compiled ({time.perf_counter() - start_s:.1f} s)\n"
