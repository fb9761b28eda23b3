"""The few lines that stand in callback DATs: each calls an extension and does nothing else. Python 3.9."""

from __future__ import annotations

SCRIPTS = {
    "frames": '''\
def onFrameStart(frame):
    parent().ext.LinkExt.FrameStart()


def onFrameEnd(frame):
    parent().ext.LinkExt.FrameEnd()


def onExit():
    parent().ext.LinkExt.Stop()
''',
    "events": '''\
def onReceiveOSC(dat, rowIndex, message, byteData, timeStamp, address, args, peer):
    parent().ext.LinkExt.Event(address, args, peer.address if peer else "")
''',
    "stream": '''\
def onValueChange(channel, sampleIndex, val, prev):
    parent().ext.LinkExt.StreamChanged(channel.name, val)
''',
    "panel": '''\
def onValueChange(par, *rest):
    parent().ext.PanelExt.ValueChange(par)


def onPulse(par):
    parent().ext.PanelExt.Pulse(par)
''',
    "live": '''\
def onConnect(dat):
    parent().ext.LiveExt.Connected()


def onDisconnect(dat):
    parent().ext.LiveExt.Disconnected()


def onReceiveText(dat, rowIndex, message, *rest):
    parent().ext.LiveExt.Told(message)


def onReceiveBinary(dat, contents, *rest):
    parent().ext.LiveExt.Received(contents)


def onReceivePing(dat, contents, *rest):
    parent().ext.LiveExt.Pinged(dat, contents)


def onMonitorMessage(dat, message, *rest):
    parent().ext.LiveExt.Monitored(message)
''',
    "live_picture": '''\
def onCook(scriptOp):
    parent().ext.LiveExt.Cook(scriptOp)


def onGetCookLevel(scriptOp):
    return CookLevel.AUTOMATIC
''',
    "state": '''\
def onCook(scriptOp):
    scriptOp.clear()
    for name, value in sorted(parent().ext.PanelExt.Channels().items()):
        scriptOp.appendChan(name)[0] = value
''',
}
"""Keyed by what a node of the network names; `callbacks` is the artist's own, from td_extensions."""
