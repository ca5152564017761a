"""From raw text to paragraphs, words, pieces and windows; offsets always lead back to the text as sent."""
