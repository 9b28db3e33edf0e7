// Package house holds no code: its tests keep the house in order. They read the import graph, the package comments and the
// top level, and fail when a wall is broken: who may import whom, what may be linked into which program, how long a file
// may grow.
package house
