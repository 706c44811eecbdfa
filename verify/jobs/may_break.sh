# Says that it began, and fails if it is the one to break and may not go on yet. Without `breaks`: this step is the one.
echo "$RUNBELL_EXECUTION_ID $RUNBELL_STEP $RUNBELL_ATTEMPT $RUNBELL_EPOCH $RUNBELL_PARAM_MARK" >> "$RUNBELL_PARAM_LEDGER"
[ "${RUNBELL_PARAM_BREAKS:-$RUNBELL_STEP}" != "$RUNBELL_STEP" ] || [ -e "$RUNBELL_PARAM_LEDGER.$RUNBELL_PARAM_MARK.go" ]
