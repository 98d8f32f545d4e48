"""Risk of named, checkable events from what is charted: gradient-boosted trees that add up over organs, run as ONNX.

`load.shipped()` reads and tests the models once; `forecast.forecast()` scores a record; `scores` holds NEWS2, SOFA and
qSOFA; `what_if.risk_change()` is the only way from a simulated order to a changed risk.
"""
