from setuptools import setup

setup(name="line", version="1.0", py_modules=["train", "learn"])
