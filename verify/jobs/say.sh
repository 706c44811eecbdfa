#!/bin/sh
# Says that it began, and what it was handed.
. "$RUNBELL_FOLDER/may_break.sh" && [ "$1" = "$RUNBELL_PARAM_MARK" ]
