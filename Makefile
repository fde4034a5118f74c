all:
	@echo "being written"
