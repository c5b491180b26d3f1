"""The agency's pages on its own register: firms, lists, questionnaire, entry mode, programmes, views."""
