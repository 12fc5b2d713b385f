#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# tap-to-lava.pl FILE.tap: each test by lava-test-case, and whether all of them ran and
# nothing else was wrong with the kernel ("Bail out!").
use strict;
use warnings;
use TAP::Parser;

sub report {
	my ($name, $result) = @_;
	$name =~ s/[^A-Za-z0-9_.]+/-/g;
	system('lava-test-case', $name, '--result', $result) == 0
		or die "lava-test-case $name failed\n";
}

# A machine that dies before the first test leaves no file.
if (!-r $ARGV[0]) {
	report('all-tests-ran', 'fail');
	exit;
}

my $tap = TAP::Parser->new({ source => $ARGV[0] });
my $bailed = 0;
while (my $line = $tap->next) {
	$bailed = 1 if $line->is_bailout;
	next unless $line->is_test;
	(my $name = $line->description) =~ s/^- | in \d+ms$//g;
	report($name, $line->has_skip ? 'skip' : $line->is_ok ? 'pass' : 'fail');
}
report('all-tests-ran', $bailed || $tap->parse_errors ? 'fail' : 'pass');
