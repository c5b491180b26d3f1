"""Models: premia, selection, learning, survival, decomposition, declared in a study like tables.

    [models.premia-manufacturing]
    kind = "premia"
    sample = "manufacturing"
    outcomes = ["employment", "labour_productivity"]

    model.py     what a study declares: Model, read_models
    kinds/       a file for each kind: its options, the words that it needs, its tables
    data.py      the rows that a model is estimated on, read from the panel once
    lines.py     from estimates to the cells of a table, each with its evidence
    modelled.py  all models of a study -> Modelled, and why some cannot be answered

The methods themselves are beside these: functions of a data frame and the names of its columns.
"""
