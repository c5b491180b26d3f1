"""The steps that make the register's tables and change them later. A step that was released never changes."""
