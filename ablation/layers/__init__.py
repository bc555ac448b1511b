"""The layers that Keras lacks, one public class a file."""
