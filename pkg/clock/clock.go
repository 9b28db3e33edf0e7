// Package clock is where the programs read the time, once each, to hand it on. Built with the tag jumping it is a clock that jumps: a
// test of the real programs moves it, as a virtual machine that was asleep or a wrong time server does.
package clock

// Variable names the environment variable that a program with a jumping clock looks into: the path of a file that says how wrong the
// clock is, as a duration.
const Variable = "PASSLY_CLOCK"
