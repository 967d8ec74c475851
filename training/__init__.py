"""From the downloads to a published version of the model. `python -m training` lists the stages."""
