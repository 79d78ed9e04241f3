# tests/lint/strip.pl - blank the comments of C sources, and with -s their strings too, keeping every line where it was.
use strict;
use warnings;

my $strings = @ARGV && $ARGV[0] eq '-s' && shift;
local $/;
my $text = <>;
sub blank { my $t = shift; $t =~ s/[^\n]/ /g; return $t }
# One pass in the order of the text, so that a comment mark inside a string is text and a quote inside a comment is not.
$text =~ s{(/\*.*?\*/|//[^\n]*)|("(?:[^"\\\n]|\\.)*")|('(?:[^'\\\n]|\\.)*')}{
    defined $1 ? blank($1) : defined $2 ? ($strings ? '"' . blank(substr($2, 1, -1)) . '"' : $2) : $3
}gse;
print $text;
