"""The public API; `import crawlblock` gives its names."""
