"""Time from outside as it is spelt: labels of frames, MIDI time code, MIDI clock. Pure: it reads no clock."""
